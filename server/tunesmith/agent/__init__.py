"""The background process of a user: it owns the jobs, so that editors come and go."""
