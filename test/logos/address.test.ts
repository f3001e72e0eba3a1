import { expect, test } from 'vitest'
import { isFetchable } from '../../lib/clients/logo-uris.ts'

const shared = ['100.64.0.1', '100.127.255.255']
const documentation = ['192.0.2.1', '198.51.100.1', '203.0.113.9', '2001:db8::1', '3fff::1']
const multicast = ['224.0.0.1', '239.1.1.1', 'ff02::1']
const mapped = ['::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::7f00:1']
const translated = [
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '::ffff:0:7f00:1',
  '2002:7f00:1::1',
  '2001::1',
]
const ofNetwork = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', 'fd00:ec2::254']
const ofLink = ['fe80::1', 'fe80::1%eth0', 'fec0::1']
const others = [
  '0.0.0.0',
  '255.255.255.255',
  '240.0.0.1',
  '198.18.0.1',
  '192.0.0.8',
  '::',
  '100::1',
]
const unassigned = ['4000::1', '5f00::1', 'e000::1']

test.each(
  [
    shared,
    documentation,
    multicast,
    mapped,
    translated,
    ofNetwork,
    ofLink,
    others,
    unassigned,
    ['127.0.0.1', '::1', '', 'localhost', '127.1', '0x7f000001'],
  ].flat(),
)('%s is no address to fetch from', (address) => {
  expect(isFetchable(address, false)).toBe(false)
})

test.each(['8.8.8.8', '100.63.255.255', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  '%s is an address to fetch from',
  (address) => {
    expect(isFetchable(address, false)).toBe(true)
  },
)

test('a developer may fetch from loopback addresses as well, and from no other', () => {
  const allowed = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '8.8.8.8']
  const refused = [...ofNetwork, ...shared, ...multicast, '0.0.0.0']
  expect(allowed.filter((address) => !isFetchable(address, true))).toEqual([])
  expect(refused.filter((address) => isFetchable(address, true))).toEqual([])
})
