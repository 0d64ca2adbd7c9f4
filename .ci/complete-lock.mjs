// npm leaves out of package-lock.json the optional packages that it cannot fetch (a mirror may hold no builds for other
// systems), and then `npm ci` refuses the file as incomplete. This adds them from what their dependents say, without a
// checksum: npm checks os, cpu and libc first, so only a machine of that kind ever fetches one.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

for (const { dev, optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const at = `node_modules/${name}`;
    if (lock.packages[at] !== undefined) continue;
    if (!/^\d+\.\d+\.\d+/.test(version))
      throw new Error(`Which ${name} ${version}? Add it to package-lock.json by hand.`);
    lock.packages[at] = { version, ...systemOf(name), ...(dev ? { dev } : {}), optional: true };
  }
}

// npm warns of every package that wants a newer Node than npm itself runs on. Here everything runs on the Node that is one
// of the packages, so nothing follows from these warnings.
for (const entry of Object.values(lock.packages)) delete entry.engines;

const sorted = Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en'));
lock.packages = Object.fromEntries(sorted);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);

function systemOf(name) {
  const parts = name.match(/-(aix|android|darwin|freebsd|linux|openharmony|sunos|win32)-([a-z\d]+)(?:-([a-z]+))?$/);
  if (parts === null)
    throw new Error(`${name} does not say which system it is for; add it to package-lock.json by hand.`);
  const [, os, cpu, abi = ''] = parts;
  const libc = abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined;
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }), os: [os] };
}
