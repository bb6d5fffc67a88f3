import t from 'tap'
import type { Proofs } from '#akeyless'
import { Fault, Sensitive } from '#core'
import { startEntra } from '../../support/cloud/azure.ts'
import { partsOf } from '../../support/cloud/jwt.ts'
import { startSts } from '../../support/cloud/sts.ts'
import { application, awsKeys, azureToken, cloudIn, cluster, soon, subject, tenant, textOf, tokenOf } from './cloud.ts'

t.test('what the client of Akeyless asks for is what the clouds give', async t => {
  const keys = awsKeys()
  const sts = await startSts(t, { keys: new Map([[keys.id, { ...keys, arn: 'arn:user' }]]) })
  const applications = new Map([[application, { federated: { issuer: cluster, subject } }]])
  const entra = await startEntra(t, { tenant, applications })
  const projectedToken: Proofs['projectedToken'] = async ({ audiences }) =>
    Sensitive.text(azureToken({ aud: audiences }))
  const cloud = cloudIn({
    env: { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret, AWS_SESSION_TOKEN: keys.session },
    origins: { 'https://login.microsoftonline.com': entra.url },
    options: { projectedToken },
  })
  // as server/ puts it together: the compiler compares the two sides
  const proofs: Proofs = {
    projectedToken,
    aws: signal => cloud.aws({ regional: false }, signal),
    azure: (of, signal) => cloud.azure(of, signal),
    gcp: (audience, signal) => cloud.gcp(audience, signal),
  }
  t.equal(await sts.whoami(textOf(await proofs.aws(soon()))), 'arn:user')
  const serviceAccount = { namespace: 'latchkey', name: 'latchkey', audiences: [] }
  const proof = await proofs.azure({ workload: { clientId: application, tenantId: tenant, serviceAccount } }, soon())
  t.equal(partsOf(tokenOf(proof))?.claims['appid'], application)
  await t.rejects(proofs.gcp('', AbortSignal.abort(new Fault('Unexpected', 'over'))), { message: 'over' })
})
