/**
 * Milliseconds by the clock that something takes at best: where a round is not below the limit, another has its chance, since the
 * machine may have been at something else.
 */
export const bestMs = async (limit: number, round: () => Promise<number>, rounds = 3): Promise<number> => {
  let best = Number.POSITIVE_INFINITY
  for (let left = rounds; left > 0 && best >= limit; left -= 1) best = Math.min(best, await round())
  return Math.round(best)
}

/**
 * Milliseconds of processor time that this process has used. They do not depend on what else the machine does, so a bound of several
 * times the usual tells linear work from quadratic; how long something takes by the clock belongs in `npm run bench`.
 */
export const effortMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
