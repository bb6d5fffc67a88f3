import t from 'tap'
import { protectedKind, protectedKinds } from '../../../pkg/materialize/manifest/protected.ts'

t.test('kinds that give rights, run programs or say what is read are never written', t => {
  const never = [
    ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ['rbac.authorization.k8s.io/v1beta1', 'Role'],
    ['v1', 'ServiceAccount'],
    ['v1', 'Pod'],
    ['v1', 'ReplicationController'],
    ['apps/v1', 'Deployment'],
    ['batch/v1', 'CronJob'],
    ['external-secrets.io/v1', 'SecretStore'],
    ['external-secrets.io/v1', 'ExternalSecret'],
    ['generators.external-secrets.io/v1alpha1', 'Webhook'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
    ['certificates.k8s.io/v1', 'CertificateSigningRequest'],
  ] as const
  for (const [apiVersion, kind] of never) {
    const fault = protectedKind({ apiVersion, kind })
    t.match(fault, { code: 'SecretProtected', path: 'spec.target.manifest', message: / is never written: / }, kind)
  }
  t.end()
})

t.test('other kinds are not, even of a like name', t => {
  const may = [
    ['v1', 'ConfigMap'],
    ['v1', 'Secret'],
    ['argoproj.io/v1alpha1', 'Application'],
    ['serving.example.com/v1', 'Pod'],
    ['apps.example.com/v1', 'Deployment'],
    ['v1', 'constructor'],
    ['constructor/v1', 'x'],
    ['__proto__/v1', 'toString'],
  ] as const
  for (const [apiVersion, kind] of may) t.equal(protectedKind({ apiVersion, kind }), undefined, `${apiVersion} ${kind}`)
  t.end()
})

t.test('each is listed once, with its reason', t => {
  t.equal(new Set(protectedKinds.map(({ what }) => what)).size, protectedKinds.length)
  for (const { what, why } of protectedKinds) t.match(why, /^it /, what)
  t.end()
})
