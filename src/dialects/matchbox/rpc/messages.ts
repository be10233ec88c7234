import { bytes, inner, inners, message, text, textMap, texts } from '../../../grpc/message.js';

/** The messages of matchbox's API: packages `storagepb` and `serverpb`, as `proto/matchbox/matchbox.proto` has them. */

const netBoot = message({ kernel: text(1), initrd: texts(2), args: texts(4) });

export const group = message({
  id: text(1),
  name: text(2),
  profile: text(3),
  selector: textMap(4),
  metadata: bytes(5), // JSON
});

export const profile = message({
  id: text(1),
  name: text(2),
  ignitionId: text(3),
  cloudId: text(4),
  boot: inner(5, netBoot),
  genericId: text(6),
});

export const nothing = message({});
export const byId = message({ id: text(1) });
export const byName = message({ name: text(1) });
export const byLabels = message({ labels: textMap(1) });
export const oneGroup = message({ group: inner(1, group) });
export const allGroups = message({ groups: inners(1, group) });
export const oneProfile = message({ profile: inner(1, profile) });
export const allProfiles = message({ profiles: inners(1, profile) });
export const namedConfig = message({ name: text(1), config: bytes(2) });
export const config = message({ config: bytes(1) });
