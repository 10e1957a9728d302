/** @returns milliseconds of the processor that this process spent on something: what others do does not count */
export async function workOf(action: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** @returns the least of a few attempts: the first ones also compile, and any may collect garbage */
export async function leastWorkOf(action: () => unknown, attempts = 5): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < attempts; attempt += 1) least = Math.min(least, await workOf(action));
  return least;
}
