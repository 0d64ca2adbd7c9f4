# The one place that says which Node the image runs on; also lets a mirror stand in: --build-arg BASE=...
ARG BASE=node:24-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY client ./client
COPY page ./page
RUN npm run build

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/client/dist ./client/dist
COPY --from=build /app/dist ./dist
# For AGENT_RUNTIME__STORE_URL=sqlite:/data/..., and kept when the container is made anew.
RUN mkdir /data && chown node:node /data
VOLUME /data
# Everything in /app belongs to root: the service can read itself and change nothing.
# By its number (1000 is node), so that Kubernetes sees that it is not root.
USER 1000:1000
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.AGENT_RUNTIME__PORT || 8001) + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself, so that SIGTERM reaches it and open streams get their endings.
CMD ["node", "--enable-source-maps", "dist/main.js"]
