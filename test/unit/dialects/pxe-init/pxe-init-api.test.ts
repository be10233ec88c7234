import { expect } from 'chai';
import { ImagoError } from '../../../../src/errors.js';
import { refusalOf } from '../../../../src/grpc/status.js';
import { pxeInitApi } from '../../../../src/dialects/pxe-init/rpc/pxe-init-api.js';
import { netbootBook } from '../../../support/netboot-book.js';
import { protoCalls } from '../../../support/proto-calls.js';

const published = protoCalls('pxe_init.proto', 'proto/imago');

const live = {
  name: 'fcos',
  kernel: '/images/fcos/kernel',
  initrd: '/images/fcos/initrd.img',
  rootfs: 'http://files.example.net/rootfs.img',
  arguments: ['console=ttyS0', 'quiet'],
};

describe("pxe-init's API", () => {
  let house: ReturnType<typeof netbootBook>;
  beforeEach(() => (house = netbootBook({ images: 2, machines: 2 })));

  /** Spoken with protobuf.js and the published file. */
  const call = async (
    name: string,
    request: object = {},
    caller: string | undefined = 'ops',
  ): Promise<object> => {
    const path = `/imago.pxe_init.v1.PxeInit/${name}`;
    const { requestSerialize, responseDeserialize } = published.get(path)!;
    const method = pxeInitApi(house.book).methods.find((one) => one.path === path)!;
    const answer = await method.answer(requestSerialize(request), { address: '10.75.0.9', name: caller });
    return JSON.parse(JSON.stringify(responseDeserialize(answer)));
  };
  const refusal = async (name: string, request: object) =>
    call(name, request).then(
      () => 'answered',
      (error: unknown) => {
        const { status, message } = refusalOf(error, pxeInitApi(house.book).statusOf);
        return `${status}: ${message}`;
      },
    );

  it('has the calls that are published, and no others', () => {
    expect(pxeInitApi(house.book).methods.map(({ path }) => path)).to.have.members([...published.keys()]);
    expect(published.size).to.equal(6);
  });

  it('registers images, and lists them by name', async () => {
    const other = { name: 'alpine', kernel: 'k', initrd: 'i', rootfs: '', arguments: [] };
    expect(await call('ListImages')).to.deep.equal({ images: [] });
    expect(await call('RegisterImage', { image: live })).to.deep.equal({});
    await call('RegisterImage', { image: other });
    expect(await call('ListImages')).to.deep.equal({ images: [other, live] });
    await call('RegisterImage', { image: { ...other, initrd: 'j' } });
    expect(await call('ListImages')).to.deep.equal({ images: [{ ...other, initrd: 'j' }, live] });
  });

  it('ties machines to images and to none, lists them, and unties them', async () => {
    await call('RegisterImage', { image: live });
    await call('RegisterMachineImage', { mac: '52-54-00-00-00-0B', image: 'fcos' });
    await call('RegisterMachineImage', { mac: '52:54:00:00:00:0a' });
    const machines = [
      { mac: '52:54:00:00:00:0a', image: '' },
      { mac: '52:54:00:00:00:0b', image: 'fcos' },
    ];
    expect(await call('ListMachines')).to.deep.equal({ machines });
    await call('UntieMachine', { mac: '52:54:00:00:00:0A' });
    expect(await call('ListMachines')).to.deep.equal({ machines: machines.slice(1) });
    await call('UntieMachine', { mac: '52:54:00:00:00:0b' });
    await call('UnregisterImage', { name: 'fcos' });
    expect(await call('ListImages')).to.deep.equal({ images: [] });
  });

  it('signs changes with the name of a certificate, or with the address of who has none', async () => {
    await call('RegisterImage', { image: live }, 'alice');
    const path = '/imago.pxe_init.v1.PxeInit/RegisterMachineImage';
    const method = pxeInitApi(house.book).methods.find((one) => one.path === path)!;
    const request = published.get(path)!.requestSerialize({ mac: '52:54:00:00:00:01' });
    await method.answer(request, { address: '10.75.0.9', name: undefined });
    expect(await house.changesOfImage('fcos')).to.deep.equal([['alice', 'registered']]);
    expect(await house.changesOfMachine('52:54:00:00:00:01')).to.deep.equal([
      ['10.75.0.9', 'tied to the null image'],
    ]);
  });

  const mac = '52:54:00:00:00:01';
  const refused = [
    {
      name: 'RegisterImage',
      request: {},
      says: 'INVALID_ARGUMENT: image: it is not there: say which to register',
    },
    {
      name: 'RegisterImage',
      request: { image: { name: 'a' } },
      says: "INVALID_ARGUMENT: kernel: '' is empty: write its URL or path",
    },
    {
      name: 'UnregisterImage',
      request: { name: 'a' },
      says: "NOT_FOUND: there is no image 'a': register it, or name one that is registered",
    },
    {
      name: 'RegisterMachineImage',
      request: { mac, image: 'a' },
      says: "NOT_FOUND: there is no image 'a': register it, or name one that is registered",
    },
    {
      name: 'RegisterMachineImage',
      request: { mac: 'a' },
      says: "INVALID_ARGUMENT: 'a' is not a MAC address: write six pairs of hex digits, as in 52:54:00:00:00:01",
    },
    {
      name: 'UntieMachine',
      request: { mac: '' },
      says: "INVALID_ARGUMENT: '' is not a MAC address: write six pairs of hex digits, as in 52:54:00:00:00:01",
    },
    { name: 'UntieMachine', request: { mac }, says: 'NOT_FOUND: 52:54:00:00:00:01 is tied to no image' },
  ];
  for (const { name, request, says } of refused) {
    it(`refuses ${name} of ${JSON.stringify(request)}`, async () =>
      expect(await refusal(name, request)).to.equal(says));
  }

  it('leaves an image alone that machines boot', async () => {
    await call('RegisterImage', { image: live });
    await call('RegisterMachineImage', { mac, image: 'fcos' });
    expect(await refusal('UnregisterImage', { name: 'fcos' })).to.equal(
      "FAILED_PRECONDITION: 'fcos' is the image of 1 machine (52:54:00:00:00:01): tie them to another, or untie them",
    );
  });

  it('has an end', async () => {
    for (const name of ['a', 'b']) await call('RegisterImage', { image: { name, kernel: 'k' } });
    expect(await refusal('RegisterImage', { image: { name: 'c', kernel: 'k' } })).to.equal(
      'RESOURCE_EXHAUSTED: there are 2 images already, as many as there may be: take some away first',
    );
  });

  it('has a status for what the store cannot do', () => {
    class Unavailable extends ImagoError {
      readonly code = 'STORE_UNAVAILABLE';
    }
    expect(pxeInitApi(house.book).statusOf(new Unavailable('its disk is full'))).to.equal('UNAVAILABLE');
  });
});
