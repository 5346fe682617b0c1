"""Parts of the reading of what mail providers report; the public functions are in ``prospecting.parsing.webhooks``."""
