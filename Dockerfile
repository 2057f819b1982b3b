# The static binary of a release and the usual trust anchors, nothing else. Build it with the binary beside this file.
FROM gcr.io/distroless/static-debian12:nonroot
COPY carinbb /usr/local/bin/carinbb
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/carinbb"]
CMD ["--help"]
