import fc from 'fast-check'
import t from 'tap'
import { LineTooLong, lineSplitter } from '../../../pkg/kube/lines.ts'

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [0, ...at.map(x => x % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

t.test('gives the same lines however the bytes are cut', async () => {
  const line = fc.string({ unit: 'binary' }).map(text => text.replaceAll('\n', '') || 'x')
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, at) => {
      const split = lineSplitter(1 << 20)
      const bytes = Buffer.from(lines.map(text => `${text}\n`).join(''))
      const got = cut(bytes, at).flatMap(split)
      return JSON.stringify(got) === JSON.stringify(lines.map(text => Buffer.from(text).toString()))
    }),
  )
})

t.test('keeps a character whole that two chunks share', async t => {
  const split = lineSplitter(100)
  const bytes = Buffer.from('é€😀\n')
  t.strictSame(
    [...bytes].flatMap(byte => split(Buffer.of(byte))),
    ['é€😀'],
  )
})

t.test('does not give out an unfinished line, nor empty ones', async t => {
  const split = lineSplitter(100)
  t.strictSame(split(Buffer.from('\n\n{"a":1}\n{"b"')), ['{"a":1}'])
})

t.test('refuses a line above the limit, also when it never ends', async t => {
  const split = lineSplitter(8)
  t.strictSame(split(Buffer.from('12345678\n')), ['12345678'])
  split(Buffer.from('1234'))
  t.throws(() => split(Buffer.from('56789')), LineTooLong)
})
