"""The glue of each DAG of this bundle: start, plan, summarise, gate."""
