/**
 * The cases that the API server's own schema refuses before the webhook is asked, and in which words. They may not grow unseen: what
 * can be said here in words that help must not be taken by a schema. What is here breaks types, names, choices and bounds that ESO's
 * schema has too.
 */
export const schemaFirst: Readonly<Record<string, string>> = {
  'schema fails 0':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.data[1].secretKey: Invalid value: "db password": spec.data[1].secretKey in body should match \'^[-._a-zA-Z0-9]+$\'',
  'schema fails 1':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.data[1].secretKey: Invalid value: "é": spec.data[1].secretKey in body should match \'^[-._a-zA-Z0-9]+$\'',
  'schema fails 2':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.secretStoreRef.kind: Unsupported value: "Store": supported values: "SecretStore", "ClusterSecretStore"',
  'schema fails 3':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.target.name: Invalid value: "My_Secret": spec.target.name in body should match \'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$\'',
  'schema fails 4':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.data[0].remoteRef.key: Required value',
  'schema fails 5':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.data: Invalid value: "string": spec.data in body must be of type array: "string"',
  'schema fails 6':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.target.template.data.__proto__: Invalid value: "integer": spec.target.template.data.__proto__ in body must be of type string: "integer"',
  'schema fails 7':
    'ExternalSecret.external-secrets.io "judged" is invalid: [spec.target.template.engineVersion: Unsupported value: "v1": supported values: "v2", spec.target.template.metadata.labels: Invalid value: "array": spec.target.template.metadata.labels in body must be of type object: "array"]',
  'schema fails 8': 'Pod.external-secrets.io "judged" is invalid: kind: Invalid value: "Pod": must be ExternalSecret',
  'data-from fails 1':
    'ExternalSecret.external-secrets.io "judged" is invalid: spec.dataFrom[0].sourceRef: Invalid value: 0: spec.dataFrom[0].sourceRef in body should have at least 1 properties',
  'rewrite fails 0':
    'ExternalSecret.external-secrets.io "judged" is invalid: [spec.dataFrom[0].rewrite[0]: Invalid value: 0: spec.dataFrom[0].rewrite[0] in body should have at least 1 properties, spec.dataFrom[0].rewrite[1]: Too many: 2: must have at most 1 item]',
  'provider fails 1':
    'SecretStore.external-secrets.io "judged" is invalid: spec.provider: Too many: 2: must have at most 1 item',
  'provider fails 2':
    'SecretStore.external-secrets.io "judged" is invalid: spec.provider: Invalid value: 0: spec.provider in body should have at least 1 properties',
  'ca fails 5':
    'SecretStore.external-secrets.io "judged" is invalid: spec.provider.akeyless.caBundle: Invalid value: "!": spec.provider.akeyless.caBundle in body must be of type byte: "!"',
  'schema fails 10':
    'ClusterExternalSecret.external-secrets.io "judged" is invalid: [spec.externalSecretName: Invalid value: "Not_A_Name": spec.externalSecretName in body should match \'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$\', spec.externalSecretSpec.data[1].secretKey: Invalid value: "db password": spec.externalSecretSpec.data[1].secretKey in body should match \'^[-._a-zA-Z0-9]+$\', spec.namespaces[1]: Invalid value: "Team B": spec.namespaces[1] in body should match \'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$\']',
  'schema fails 11':
    'ClusterExternalSecret.external-secrets.io "judged" is invalid: spec.externalSecretSpec: Required value',
  'schema fails 12':
    'PushSecret.external-secrets.io "judged" is invalid: [spec.dataTo[0].rewrite[0].regexp.target: Required value, spec.data[1].match.remoteRef.remoteKey: Required value, spec.deletionPolicy: Unsupported value: "Retain": supported values: "Delete", "None", spec.secretStoreRefs: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  'template fails 4':
    'ExternalSecret.external-secrets.io "judged" is invalid: [spec.data[1].secretKey: Invalid value: "db password": spec.data[1].secretKey in body should match \'^[-._a-zA-Z0-9]+$\', spec.target.template.data.other: Invalid value: "integer": spec.target.template.data.other in body must be of type string: "integer"]',
  'namespace-selection fails 5':
    'ClusterPushSecret in version "v1alpha1" cannot be handled as a ClusterPushSecret: strict decoding error: unknown field "spec.namespaces"',
  'push-source fails 0':
    'PushSecret.external-secrets.io "judged" is invalid: spec.selector: Invalid value: 0: spec.selector in body should have at least 1 properties',
  'push-source fails 1':
    'PushSecret.external-secrets.io "judged" is invalid: [spec.selector: Too many: 2: must have at most 1 item, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  // the CEL of dataTo is ESO's own, and stays in the schema for its sake
  'push-to fails 0':
    'PushSecret.external-secrets.io "judged" is invalid: [spec.dataTo[0]: Invalid value: storeRef must specify either name or labelSelector, spec.dataTo[1]: Invalid value: storeRef must specify either name or labelSelector]',
  'push-to fails 3':
    'PushSecret.external-secrets.io "judged" is invalid: spec.dataTo[0]: Invalid value: remoteKey and rewrite are mutually exclusive: rewrite is only supported in per-key mode (without remoteKey)',
  'push-to fails 4':
    'PushSecret.external-secrets.io "judged" is invalid: [spec.dataTo[0].rewrite[0]: Invalid value: exactly one of regexp or transform must be set, spec.dataTo[0].rewrite[1]: Invalid value: exactly one of regexp or transform must be set]',
}

/** The cases whose object the mutating webhook moves into its normal form before it is judged: the words are about that form then. */
export const movedFirst: Readonly<Record<string, readonly string[]>> = {
  'store-namespace fails 7': [
    'spec.provider.akeyless.authSecretRef.serviceAccountRef.namespace: "b" is not the namespace of this SecretStore → leave it out or write team-a; across namespaces use a ClusterSecretStore',
  ],
}
