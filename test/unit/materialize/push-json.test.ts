// JSON text of items, edited in place: what is not ours survives to the byte.
import t from 'tap'
import { fromByteText, toByteText } from '../../../pkg/materialize/json/cursor.ts'
import { dropMember, hasMember, setMembers } from '../../../pkg/materialize/json/edit.ts'

const set = (text: string, values: Record<string, string>): string | undefined => {
  const made = setMembers(
    toByteText(text),
    new Map(Object.entries(values).map(([name, value]) => [name, toByteText(value)])),
  )
  return made === undefined ? undefined : fromByteText(made)
}

const settings = [
  { name: 'an empty object takes its first member', text: '{}', values: { a: '1' }, want: '{"a":"1"}' },
  { name: 'no text at all is an empty object', text: ' \n', values: { a: '1' }, want: '{"a":"1"}' },
  { name: 'null is an empty object', text: 'null', values: { a: '1' }, want: '{"a":"1"}' },
  {
    name: 'numbers, unknown members and their order survive',
    text: '{"big":12345678901234567890, "b":1.50,"a":"old","z":[1, {"x":1e3}]}',
    values: { a: 'new', c: 'added' },
    want: '{"big":12345678901234567890, "b":1.50,"a":"new","z":[1, {"x":1e3}],"c":"added"}',
  },
  {
    name: 'white space survives',
    text: '{\n  "a": "1"\n}\n',
    values: { b: '2' },
    want: '{\n  "a": "1","b":"2"\n}\n',
  },
  { name: 'an equal member keeps its spelling', text: '{"a":"\\u0041"}', values: { a: 'A' }, want: '{"a":"\\u0041"}' },
  { name: 'a number of the same digits stays a number', text: '{"a":5432}', values: { a: '5432' }, want: '{"a":5432}' },
  { name: 'a number of other digits becomes a text', text: '{"a":1.50}', values: { a: '1.5' }, want: '{"a":"1.5"}' },
  {
    name: 'an object of the same text stays one',
    text: '{"a":{"b": 1}}',
    values: { a: '{"b": 1}' },
    want: '{"a":{"b": 1}}',
  },
  { name: 'null is the empty text', text: '{"a":null}', values: { a: '' }, want: '{"a":null}' },
  { name: 'of equal members each is set', text: '{"a":"1","a":"2"}', values: { a: '2' }, want: '{"a":"2","a":"2"}' },
  { name: '<>& are not escaped', text: '{}', values: { 'a<': '<>&\u2028' }, want: '{"a<":"<>&\u2028"}' },
  {
    name: 'quotes and control characters are',
    text: '{}',
    values: { 'a"': '"\n\u0000\\' },
    want: '{"a\\"":"\\"\\n\\u0000\\\\"}',
  },
  { name: 'any text survives', text: '{"ü":"ž"}', values: { ü: '🗝' }, want: '{"ü":"🗝"}' },
  {
    name: '__proto__ is a name like any other',
    text: '{"__proto__":"a"}',
    values: { ['__proto__']: 'a', b: 'c' },
    want: '{"__proto__":"a","b":"c"}',
  },
  { name: 'plain text is no object', text: 's3cr3t', values: { a: '1' }, want: undefined },
  { name: 'neither is a list', text: '[1]', values: { a: '1' }, want: undefined },
  { name: 'nor damaged JSON', text: '{"a":1', values: { a: '1' }, want: undefined },
]
for (const { name, text, values, want } of settings) t.test(name, async t => t.equal(set(text, values), want))

const drops = [
  { name: 'the only member', text: '{ "a" : 1 }', want: '{  }', isEmpty: true },
  { name: 'the first', text: '{"a":1,"b":1.50}', want: '{"b":1.50}', isEmpty: false },
  { name: 'the last', text: '{"b":12345678901234567890,"a":1}', want: '{"b":12345678901234567890}', isEmpty: false },
  { name: 'each of several', text: '{"a":1,"b":2,"a":3,"c":4}', want: '{"b":2,"c":4}', isEmpty: false },
  { name: 'none', text: '{"b": 2}', want: '{"b": 2}', isEmpty: false },
]
for (const { name, text, want, isEmpty } of drops)
  t.test(`a member is taken out: ${name}`, async t => t.same(dropMember(text, 'a'), { text: want, isEmpty }))

t.test('whether a member is there', async t => {
  t.equal(hasMember('{"a":null}', 'a'), true)
  t.equal(hasMember('{"ab":1}', 'a'), false)
  t.equal(hasMember('', 'a'), false)
  t.equal(hasMember('text', 'a'), undefined)
})
