/** Loaded into the process of the service before anything of its own, with `--import` and `--expose-gc`: answers every
 *  message with what the process holds when nothing is left to be collected. It listens without keeping the process
 *  alive. */
process.on('message', () => {
  // The second one frees the buffers that the first one found without an owner.
  globalThis.gc?.();
  globalThis.gc?.();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length;
  process.send?.({ ...process.memoryUsage(), timers, resources: resources.length });
});
process.channel?.unref();
