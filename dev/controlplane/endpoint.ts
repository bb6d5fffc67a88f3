/** How to reach an API server as its administrator. */
export interface Endpoint {
  readonly kubeconfig: string
  readonly kubectl: string
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly token: string
}
