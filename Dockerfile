# Unbuilt so far: no container runtime was at hand. What it does is what README.md does by hand.
# docker build -t trimtab .
# docker run --rm -v "$PWD:/work" trimtab run --config trimtab.toml

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --bin trimtab

FROM debian:bookworm-slim
# Certificates: every store is reached by https.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group trimtab \
    && install --directory --owner trimtab --group trimtab /work
COPY --from=build /src/target/dist/trimtab /usr/local/bin/trimtab
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["trimtab"]
CMD ["--help"]
