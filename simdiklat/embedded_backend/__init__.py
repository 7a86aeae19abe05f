"""Django's PostgreSQL backend on the embedded server; settings name it when there is no DATABASE_URL."""
