import t from 'tap'
import { revealers } from './modules.ts'
import { code, sources } from './source.ts'

t.test('secret bytes are opened only where the list says why', async t => {
  const opening = sources().filter(
    file => !file.startsWith('test/') && file !== 'pkg/core/sensitive.ts' && /\.reveal\(/.test(code(file)),
  )
  t.same(opening.sort(), Object.keys(revealers).sort())
})
