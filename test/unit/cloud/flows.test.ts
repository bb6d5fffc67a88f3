import t from 'tap'
import { troubles } from '../../support/cloud/trouble.ts'
import { cloudIn, faultIn, flows, leaks, printed } from './cloud.ts'

t.test('every flow proves who we are to a service that checks it', async t => {
  for (const [name, flow] of Object.entries(flows)) {
    const { given, prove, judge, seen } = await flow.start(t)
    const cloud = cloudIn(given)
    const proof = await prove(cloud)
    t.equal(await judge(proof), flow.who, name)
    t.notMatch(`${proof} ${JSON.stringify(proof)}`, /[A-Za-z0-9+/]{30}/, `${name}: the proof cannot be printed`)
    const asked = seen.length
    t.equal(await judge(await prove(cloud)), flow.who, `${name}: a second time`)
    const again = name === 'Azure ServiceAccount' ? 1 : 0
    t.equal(seen.length - asked, again + (flow.origin.includes('sts') ? 1 : 0), `${name}: from memory`)
  }
})

t.test('every flow says what is wrong with a service that is not itself, and nothing of what it says', async t => {
  t.jobs = 4
  for (const [name, flow] of Object.entries(flows)) {
    t.test(name, { buffered: true }, async t => {
      const { given, prove } = await flow.start(t)
      await Promise.all(
        Object.entries(troubles).map(async ([trouble, { start, says }]) => {
          const { url, followed } = await start(t)
          const cloud = cloudIn({
            ...given,
            origins: { ...given.origins, [flow.origin]: url },
            options: { ...given.options, ...(trouble === 'slow' && { patience: { connectMs: 300, totalMs: 300 } }) },
          })
          const fault = await faultIn(prove(cloud))
          t.match(fault, { code: 'IdentityUnavailable', message: says, retry: 'backoff' }, trouble)
          t.equal(followed(), 0, `${trouble}: nobody was followed`)
          t.same(leaks(printed(fault), given), [], `${trouble}: nothing of it is said`)
        }),
      )
    })
  }
})

t.test('every flow ends when its caller gives up, with the reason of the caller', async t => {
  for (const [name, flow] of Object.entries(flows)) {
    const { given, prove } = await flow.start(t)
    const silent = await troubles['slow']!.start(t)
    const cloud = cloudIn({ ...given, origins: { ...given.origins, [flow.origin]: silent.url } })
    const gone = new AbortController()
    const reason = new Error('the pass is over')
    const patient = {
      ...cloud,
      aws: () => cloud.aws({}, gone.signal),
      azure: (of: object) => cloud.azure(of, gone.signal),
    }
    const waiting = prove({ ...patient, gcp: audience => cloud.gcp(audience, gone.signal) })
    setImmediate(() => gone.abort(reason))
    await t.rejects(waiting, reason, name)
  }
})
