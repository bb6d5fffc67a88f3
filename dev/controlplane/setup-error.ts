/** Something on this machine keeps the control plane from coming up; the message says what, and what to do. */
export class SetupError extends Error {
  override name = 'SetupError'
}
