"""What is done to the responses: stages from raw export to priorities. Knows neither Prefect nor Jinja."""
