"""Makes a host ready: the Docker engine, the sandbox image, and what installers need to know of the host."""
