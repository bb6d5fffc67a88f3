import fc from 'fast-check'

/** Few names, so that a path often leads somewhere and a name often comes twice. */
export const key = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom('a', 'b', '0', 'a.b') },
  fc.constantFrom('a', 'b', 'a.b', '0', '1', '', 'k x', '@id', 'é', '"', '\\', 'a\\', '__proto__', '😀'),
  fc.string({ maxLength: 4 }),
)
const leaf = fc.oneof(
  fc.constantFrom('1.50', '12345678901234567890', '-0', '1e3', '1e400', '0.1', 'true', 'false', 'null', '""'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.string({ unit: 'binary', maxLength: 8 }).map(text => JSON.stringify(text)),
  fc.constantFrom('"\\ud83d\\ude00"', '"\\ud800"', '"\\ud800\\u0041"', '"\\/"', '"\\u00e9"', '"]}"', '"\\u0000"'),
)
const tree = fc.letrec<{ json: string; object: string; root: string }>(tie => {
  const space = fc.constantFrom('', '', ' ', '\n\t')
  const member = fc.tuple(key, space, tie('json')).map(([k, s, v]) => `${s}${JSON.stringify(k)}${s}:${s}${v}${s}`)
  const children = { minLength: 1, maxLength: 6, depthIdentifier: 'json' } as const
  const object = fc.array(member, children).map(all => `{${all.join(',')}}`)
  const array = fc.array(tie('json'), children).map(all => `[${all.join(', ')}]`)
  return {
    json: fc.oneof({ depthSize: 'medium', depthIdentifier: 'json' }, leaf, object, object, array),
    object,
    root: fc.oneof(object, object, array),
  }
})

/** JSON texts of an object, written as people write them. */
export const object = tree.object
/** JSON texts of an object or a list. */
export const root = tree.root

/** The same with a character put in or taken out. */
export const broken = (sound: fc.Arbitrary<string>) =>
  fc
    .tuple(
      sound,
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '\\', '{', '[', '(', 'n', ' ', '\n', '0', '\0'),
      fc.nat({ max: 2 }),
    )
    .map(([text, place, char, drop]) => {
      const at = place % (text.length + 1)
      return (text.slice(0, at) + char + text.slice(at + drop)).toWellFormed()
    })
