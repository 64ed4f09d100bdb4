"""What all endpoints of the REST API share."""
