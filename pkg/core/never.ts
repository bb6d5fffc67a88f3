/** Ends a switch over a union: a new variant that is not handled breaks the build here. */
export const never = (value: never): never => {
  throw new Error(`unhandled: ${String(value)}`)
}
