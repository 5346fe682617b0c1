"""The application database as this checkout declares it: tables by subject, and what belongs to them."""
