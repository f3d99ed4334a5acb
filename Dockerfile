# The image of the DaemonSet. Its last stage holds the program, its shared libraries and certificates;
# no shell, no package manager. It needs the host's network and NET_ADMIN and NET_RAW, and writes
# nothing but the file by which `keelvip drain` takes the node out of service:
#
#   docker build -t keelvip .
#   docker run --network host --cap-drop ALL --cap-add NET_ADMIN --cap-add NET_RAW --read-only \
#     -v /etc/keelvip:/etc/keelvip:ro -v /var/lib/keelvip:/var/lib/keelvip keelvip
FROM debian:12 AS build
WORKDIR /src
# First the packages alone, so that a change of code does not install them again.
COPY scripts/install-deps scripts/
RUN scripts/install-deps build && apt-get install -y --no-install-recommends ca-certificates
COPY . .
RUN make build && scripts/make-rootfs build/keelvip /rootfs

FROM scratch
COPY --from=build /rootfs/ /
LABEL org.opencontainers.image.title="keelvip" \
      org.opencontainers.image.description="Keeps virtual IP addresses alive on bare metal" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/bin/keelvip"]
CMD ["agent", "--config", "/etc/keelvip"]
