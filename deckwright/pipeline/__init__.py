"""A build from the folder to the package: the pipeline, the cache, the worker processes, the watch."""
