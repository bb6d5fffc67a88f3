/**
 * Milliseconds of processor time that this process has used. They do not depend on what else the machine does, so a bound of several
 * times the usual tells linear work from quadratic; how long something takes by the clock belongs in `npm run bench`.
 */
export const effortMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
