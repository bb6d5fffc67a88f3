import { cpus, loadavg, platform, release, totalmem } from 'node:os'

/** What a figure depends on beside the code. */
export const machineFacts = (date: Date) => ({
  date: date.toISOString(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  system: `${platform()} ${release()}`,
  node: process.versions.node,
  /** Over the last minute, before the first case: above 1 on a small machine, timings are not worth much. */
  load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
})
