# The image holds one static program, CA certificates and zone data; nothing else, not even a shell.
#
# There is no HEALTHCHECK because there is nothing in the image to make a request with. Whoever runs it asks
# the listener of HOTLINE_METRICS_LISTEN: GET /healthz (the process lives) and GET /readyz (it can take what
# arrives). That listener is on 127.0.0.1 unless set; in a container set it to :9090 and do not publish it.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# With .git, so that the Go tool stamps version and commit into the program (hotline_build_info).
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/hotline ./gateway/cmd/hotline

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# Zone data of the Go release that built the program: rosters are kept in the ward's own time.
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /out/hotline /hotline
ENV ZONEINFO=/zoneinfo.zip
# A number, so that a host that insists on non-root images can tell. The program writes nothing into the
# image: it runs with a read-only root.
USER 65532:65532
# Webhooks; the supervisor's pages; metrics and health.
EXPOSE 8080 8081 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["/hotline"]
CMD ["serve"]
