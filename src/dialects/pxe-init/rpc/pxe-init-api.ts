import type { ImagoError } from '../../../errors.js';
import type { GrpcApi } from '../../../grpc/grpc-api.js';
import { method, type Caller, type Method } from '../../../grpc/method.js';
import { CallRefused, type GrpcStatus } from '../../../grpc/status.js';
import type { Author } from '../../../host/host-store.js';
import { parseMac } from '../../../net/mac-address.js';
import { NetbootImageUnknown } from '../errors.js';
import type { NetbootBook } from '../netboot-book.js';
import * as wire from './messages.js';

/** More than any image takes. */
const LARGEST_MESSAGE = 64 * 1024;

const statusOfCode: Readonly<Record<string, GrpcStatus>> = {
  INVALID_VALUE: 'INVALID_ARGUMENT',
  INVALID_RECORD: 'INVALID_ARGUMENT',
  NETBOOT_IMAGE_UNKNOWN: 'NOT_FOUND',
  NETBOOT_IMAGE_TIED: 'FAILED_PRECONDITION',
  NETBOOT_FULL: 'RESOURCE_EXHAUSTED',
  STORE_UNAVAILABLE: 'UNAVAILABLE',
};

/** What is called by gRPC in place of pxe-init. */
export function pxeInitApi(book: NetbootBook): GrpcApi {
  return {
    name: 'pxe-init',
    methods: [...imageMethods(book), ...machineMethods(book)],
    statusOf: ({ code }: ImagoError) => statusOfCode[code] ?? 'UNKNOWN',
    messageBytes: LARGEST_MESSAGE,
  };
}

const SERVICE = '/imago.pxe_init.v1.PxeInit';

function imageMethods(book: NetbootBook): readonly Method[] {
  return [
    method(`${SERVICE}/ListImages`, wire.nothing, wire.allImages, async () => ({
      images: await book.images(),
    })),
    method(`${SERVICE}/RegisterImage`, wire.oneImage, wire.nothing, async ({ image }, caller) => {
      if (!image) throw new CallRefused('INVALID_ARGUMENT', 'image: it is not there: say which to register');
      await book.register(image, authorOf(caller));
      return {};
    }),
    method(`${SERVICE}/UnregisterImage`, wire.byName, wire.nothing, async ({ name }, caller) => {
      if (!(await book.unregister(name, authorOf(caller)))) throw new NetbootImageUnknown(name);
      return {};
    }),
  ];
}

function machineMethods(book: NetbootBook): readonly Method[] {
  return [
    method(`${SERVICE}/RegisterMachineImage`, wire.machine, wire.nothing, async ({ mac, image }, caller) => {
      await book.tie({ mac: parseMac(mac), image: image === '' ? null : image }, authorOf(caller));
      return {};
    }),
    method(`${SERVICE}/UntieMachine`, wire.byMac, wire.nothing, async ({ mac: text }, caller) => {
      const mac = parseMac(text);
      if (await book.untie(mac, authorOf(caller))) return {};
      throw new CallRefused('NOT_FOUND', `${mac} is tied to no image`);
    }),
    method(`${SERVICE}/ListMachines`, wire.nothing, wire.allMachines, async () => ({
      machines: (await book.machines()).map(({ mac, image }) => ({ mac, image: image ?? '' })),
    })),
  ];
}

function authorOf({ name, address }: Caller): Author {
  return { kind: 'operator', name: name ?? address };
}
