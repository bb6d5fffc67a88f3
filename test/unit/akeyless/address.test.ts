import t from 'tap'
import { isLocalAddress } from '#akeyless'

const local = [
  '127.0.0.1',
  '127.255.0.3',
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::169.254.169.254',
  '::a9fe:a9fe',
  '::ffff:0:169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '2002:7f00:1::1',
  '0:0:0:0:0:0:0:1',
]
const remote = [
  '8.8.8.8',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '223.255.255.255',
  '2001:db8::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  '64:ff9b::808:808',
  '2002:808:808::1',
  '2606:4700::1111',
]

t.test('local addresses are known in every spelling', async t => {
  for (const address of local) t.equal(isLocalAddress(address), true, address)
  for (const address of remote) t.equal(isLocalAddress(address), false, address)
})
