"""Programs that run in the services' environment, never in Isthmus' own: they import services, not Isthmus."""
