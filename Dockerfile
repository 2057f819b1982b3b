# The static binary of a release, the usual trust anchors, and a shell, without which GitLab's runners start nothing. Build it with
# the binary beside this file.
FROM gcr.io/distroless/static-debian12:debug-nonroot
COPY carinbb /usr/local/bin/carinbb
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/carinbb"]
CMD ["--help"]
