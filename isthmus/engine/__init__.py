"""The Pulumi engine: found, downloaded or built; and the provider plugins it launches."""
