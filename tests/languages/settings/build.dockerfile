FROM golang:1 AS build
ARG VERSION=1
RUN go build ./... && \
    go test ./...
FROM scratch
ENV A=1 B="2 3"
COPY --from=build /app /app
USER 1000
CMD ["/app"]
