"""The API: briefings, research and interactions, accounts, signals and reports of mail providers, over HTTP."""
