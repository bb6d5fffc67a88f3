/** When a failed object is tried again: not before it changes, or with growing delay. */
export type Retry = 'on-change' | 'backoff'
interface Entry {
  readonly retry: Retry
  /** One sentence for docs/reference/faults.md: what happened. */
  readonly cause: string
  /** What the reader does, for docs/reference/faults.md and for each fault that has no better remedy: an imperative without a full stop. */
  readonly remedy: string
}

/**
 * Everything that can go wrong, named once: the code is the event reason, the metric label, the log field and the
 * anchor in docs/reference/faults.md. A condition keeps ESO's reason, which is coarser (docs/adr/0002-fault-codes.md).
 */
export const faults = {
  SpecInvalid: {
    retry: 'on-change',
    cause: 'The manifest breaks a rule.',
    remedy: 'correct the fields that the message names',
  },
  ConfigInvalid: {
    retry: 'on-change',
    cause: 'Latchkey itself was started with flags or files that it cannot use.',
    remedy: 'correct what the message names and start it again',
  },
  NotSupported: {
    retry: 'on-change',
    cause: 'The manifest asks for something that this version does not do.',
    remedy: 'use what the message proposes, or keep the object with ESO',
  },
  StoreNotFound: {
    retry: 'on-change',
    cause: 'The referenced store does not exist.',
    remedy: 'create the store, or correct secretStoreRef',
  },
  StoreNotReady: {
    retry: 'on-change',
    cause: 'The store has not logged in to Akeyless.',
    remedy: 'read the store’s own Ready condition',
  },
  StoreDenied: {
    retry: 'backoff',
    cause: 'The conditions of the ClusterSecretStore exclude this namespace.',
    remedy: 'use another store, or ask for the namespace to be admitted',
  },
  CredentialMissing: {
    retry: 'on-change',
    cause: 'A Secret, ConfigMap or ServiceAccount that a store names, or what should be in it, does not exist.',
    remedy: 'create what the message names',
  },
  CredentialInvalid: {
    retry: 'on-change',
    cause: 'The credentials cannot be used as they are.',
    remedy: 'correct the key of the Secret that the message names',
  },
  LoginRefused: {
    retry: 'backoff',
    cause: 'Akeyless refused the login.',
    remedy: 'check access id, access type and its parameter',
  },
  LoginBlocked: {
    retry: 'backoff',
    cause:
      'Akeyless refused the login several times; it is not tried again for a while, so that the auth method is not locked.',
    remedy:
      'correct access id, access type or its parameter; a change is tried at once, the fourth within minutes is not',
  },
  AmbientDenied: {
    retry: 'on-change',
    cause: 'The store would log in as Latchkey itself at a gateway that no administrator trusts.',
    remedy: 'have the host added to --trusted-gateways, or log in with an identity of your own',
  },
  IdentityUnavailable: {
    retry: 'backoff',
    cause: 'The cloud that Latchkey runs in gave no identity to log in with.',
    remedy: 'give the pod of Latchkey a cloud identity, or log in another way',
  },
  AccessDenied: {
    retry: 'backoff',
    cause: 'The identity may not read the item.',
    remedy: 'grant read on the path to the access role of the identity',
  },
  ItemNotFound: { retry: 'backoff', cause: 'The item does not exist.', remedy: 'check the path, or create the item' },
  ItemTypeUnsupported: {
    retry: 'backoff',
    cause: 'The item is of a type that holds no readable value.',
    remedy: 'name a static, dynamic, rotated or certificate item',
  },
  ItemDisabled: { retry: 'backoff', cause: 'The item is disabled in Akeyless.', remedy: 'enable the item' },
  VersionNotFound: {
    retry: 'backoff',
    cause: 'The item has no such version.',
    remedy: 'name a version that exists, or leave it out for the latest',
  },
  ItemEmpty: { retry: 'backoff', cause: 'The item has an empty value.', remedy: 'give the item a value' },
  PropertyNotFound: {
    retry: 'backoff',
    cause: 'The JSON value has no such property.',
    remedy: 'name a property that the value has',
  },
  NotJson: {
    retry: 'backoff',
    cause: 'The value is plain text where a JSON object is needed.',
    remedy: 'take the whole value with data, or store JSON in the item',
  },
  ValueInvalid: {
    retry: 'backoff',
    cause: 'The value cannot be decoded as asked.',
    remedy: 'correct the decoding strategy or the value',
  },
  KeyInvalid: {
    retry: 'backoff',
    cause: 'A key is not allowed in a Kubernetes Secret.',
    remedy: 'rename the key; letters, digits, - _ . are allowed',
  },
  KeyCollision: {
    retry: 'backoff',
    cause: 'Two keys become one after conversion or rewrite, or two merged objects have one name.',
    remedy: 'rename one of them, or use conversionStrategy Unicode',
  },
  TemplateInvalid: {
    retry: 'backoff',
    cause: 'A template cannot be parsed, or not with the values it is given.',
    remedy: 'correct the template, or the values that it uses',
  },
  TemplateStopped: {
    retry: 'backoff',
    cause: 'A template took too long or too much memory, or the engine could not run.',
    remedy: 'simplify the template; it is tried again by itself',
  },
  TemplateSourceMissing: {
    retry: 'backoff',
    cause: 'A ConfigMap or Secret that holds templates, or a key in it, does not exist.',
    remedy: 'create the object or the key that the message names',
  },
  SecretTooLarge: {
    retry: 'backoff',
    cause: 'The Secret would exceed the 1 MiB that Kubernetes allows.',
    remedy: 'split it into several ExternalSecrets',
  },
  RateLimited: {
    retry: 'backoff',
    cause: 'Akeyless answers that there are too many requests.',
    remedy: 'lengthen refreshInterval, or raise the limit',
  },
  GatewayUnreachable: {
    retry: 'backoff',
    cause: 'The gateway does not answer.',
    remedy: 'check the URL, DNS, firewall and that the gateway runs',
  },
  GatewayUntrusted: {
    retry: 'backoff',
    cause: 'The TLS certificate of the gateway is not trusted.',
    remedy: 'set caBundle or caProvider to the CA that signed it',
  },
  GatewayFailed: {
    retry: 'backoff',
    cause: 'The gateway failed while answering.',
    remedy: 'look at the gateway; it is tried again by itself',
  },
  GatewayAnswerInvalid: {
    retry: 'backoff',
    cause: 'The gateway answered something that is not Akeyless.',
    remedy: 'check the path in akeylessGWApiURL',
  },
  SecretOwned: {
    retry: 'on-change',
    cause: 'The target Secret belongs to another object.',
    remedy: 'choose another target.name',
  },
  NameTaken: {
    retry: 'on-change',
    cause: 'An object of the name that would be made in a namespace is there, and belongs to somebody else.',
    remedy: 'delete that object, or choose another name for those that are made',
  },
  RemovalPending: {
    retry: 'backoff',
    cause: 'Items that the Secret was made from are gone, and nothing is removed because of one look.',
    remedy: 'nothing, if they were deleted on purpose; else restore them',
  },
  SecretImmutable: {
    retry: 'on-change',
    cause: 'The target Secret is immutable and holds other data.',
    remedy: 'delete the Secret; it is made anew',
  },
  SecretProtected: {
    retry: 'on-change',
    cause: 'The target Secret is of a type that Latchkey never writes.',
    remedy: 'choose another target.name',
  },
  SourceMissing: {
    retry: 'on-change',
    cause: 'The Secret to push, or a key of it, does not exist, or no Secret has the labels that are asked for.',
    remedy: 'create the Secret or the key, or correct spec.selector',
  },
  RemoteUnmanaged: {
    retry: 'backoff',
    cause: 'The item exists and no PushSecret made it: it lacks the tag k8s-external-secrets.',
    remedy: 'push to another item, or annotate the PushSecret with latchkey.dev/adopt-remote: "true"',
  },
  RemoteProtected: {
    retry: 'backoff',
    cause: 'The item is protected from deletion in Akeyless.',
    remedy: 'take the protection off the item, or write deletionPolicy: None to leave it there',
  },
  RemoteConflict: {
    retry: 'backoff',
    cause: 'Somebody else writes the item at the same time.',
    remedy: 'find out who else writes it; it is tried again by itself',
  },
  RemoteShared: {
    retry: 'backoff',
    cause: 'An item was to be deleted to which something else is pushed too.',
    remedy: 'nothing, if that is meant: it goes with the last of them that deletes what it pushed',
  },
  PushLoop: {
    retry: 'backoff',
    cause: 'An ExternalSecret makes the Secret from the item that it would be pushed to, and the two differ.',
    remedy: 'push to another item, or take the item out of the ExternalSecret',
  },
  ClusterRefused: {
    retry: 'backoff',
    cause: 'The Kubernetes API server refused the write.',
    remedy: 'check quota, RBAC and other webhooks',
  },
  ClusterUnreachable: {
    retry: 'backoff',
    cause: 'The Kubernetes API server does not answer.',
    remedy: 'see that the API server runs and can be reached; it is tried again by itself',
  },
  Unexpected: {
    retry: 'backoff',
    cause: 'A defect in Latchkey.',
    remedy: 'report it with the log lines of this object',
  },
} as const satisfies Record<string, Entry>

export type FaultCode = keyof typeof faults

export interface FaultDetail {
  /** Field path in the object, as `spec.data[1].remoteRef.key`. */
  readonly path?: string | undefined
  /** What would be right, as an imperative. Never a value. The catalogue's where absent. */
  readonly remedy?: string | undefined
  /** What the server asked for in Retry-After. Milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * One fault: returned where several can be told at once, thrown where the first one ends the work.
 * The message is ours by construction: never a value, a token or a provider's words.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly path: string | undefined
  readonly remedy: string
  readonly retryAfterMs: number | undefined

  constructor(code: FaultCode, what: string, detail: FaultDetail = {}) {
    super(what, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.path = detail.path
    this.remedy = detail.remedy ?? faults[code].remedy
    this.retryAfterMs = detail.retryAfterMs
  }

  get retry(): Retry {
    return faults[this.code].retry
  }

  /** The same fault, seen from a field of an object. */
  at(path: string): Fault {
    return new Fault(this.code, this.message, { ...this, path, cause: this.cause })
  }

  /** `path: what is wrong → what would be right`. */
  line(): string {
    return sentence(this)
  }
}

/** The one message form, shared by admission findings and faults (decision 27). */
export const sentence = (said: { path?: string | undefined; message: string; remedy?: string | undefined }): string =>
  `${said.path ? `${said.path}: ` : ''}${said.message}${said.remedy ? ` → ${said.remedy}` : ''}`

/** What was thrown, as a fault: foreign errors keep no words of their own, they may quote a value. */
export const asFault = (thrown: unknown): Fault =>
  thrown instanceof Fault ? thrown : new Fault('Unexpected', 'a defect in Latchkey', { cause: thrown })
