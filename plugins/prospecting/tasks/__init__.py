"""What belongs to one DAG of this bundle: start, plan, summarise, gate."""
