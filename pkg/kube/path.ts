interface Place {
  /** `v1` or `GROUP/VERSION`. */
  readonly apiVersion: string
  /** Plural, as in the URL. */
  readonly resource: string
  readonly namespace?: string | undefined
  readonly name?: string
  readonly subresource?: string
}

/** The URL path of a collection or of one object. Names are encoded: they may come from a manifest. */
export const pathOf = ({ apiVersion, resource, namespace, name, subresource }: Place): string => {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const rest = [namespace && 'namespaces', namespace, resource, name, subresource]
  return [root, ...rest.flatMap(part => (part ? encodeURIComponent(part) : []))].join('/')
}
