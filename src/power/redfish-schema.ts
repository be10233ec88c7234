import { z } from 'zod';

/** As much of DSP0266's and DSP0268's resources as power control reads. Everything may be missing: vendors leave out much. */
const link = z.object({ '@odata.id': z.string() });

export const ServiceRoot = z.object({
  Systems: link.optional(),
  Links: z.object({ Sessions: link.optional() }).optional(),
  SessionService: link.optional(),
});

export const Collection = z.object({ Members: z.array(link) });

const text = z.string().nullish();

const allowable = z.array(z.string()).nullish();

const Boot = z.object({
  BootSourceOverrideEnabled: text,
  BootSourceOverrideMode: text,
  BootSourceOverrideTarget: text,
  'BootSourceOverrideTarget@Redfish.AllowableValues': allowable,
  'BootSourceOverrideMode@Redfish.AllowableValues': allowable,
});
export type Boot = z.output<typeof Boot>;

/** What can be booted from, wherever that stands: in the system or in its settings. */
export const BootSettings = z.object({ Boot: Boot.nullish(), '@odata.etag': text });

export const ComputerSystem = z.object({
  Id: text,
  PowerState: text,
  Manufacturer: text,
  Model: text,
  SerialNumber: text,
  AssetTag: text,
  UUID: text,
  BiosVersion: text,
  ProcessorSummary: z.object({ Count: z.number().nullish(), Model: text }).nullish(),
  MemorySummary: z.object({ TotalSystemMemoryGiB: z.number().nullish() }).nullish(),
  EthernetInterfaces: link.nullish(),
  Boot: Boot.nullish(),
  /** DSP0266 §9.10: what is written there holds from the next reset on. */
  '@Redfish.Settings': z.object({ SettingsObject: link.nullish() }).nullish(),
  '@odata.etag': text,
  Actions: z
    .object({
      '#ComputerSystem.Reset': z
        .object({
          target: z.string(),
          'ResetType@Redfish.AllowableValues': allowable,
          '@Redfish.ActionInfo': text,
        })
        .nullish(),
    })
    .nullish(),
});
export type ComputerSystem = z.output<typeof ComputerSystem>;

export const ActionInfo = z.object({
  Parameters: z
    .array(z.object({ Name: z.string(), AllowableValues: z.array(z.string()).nullish() }))
    .nullish(),
});

export const EthernetInterface = z.object({ MACAddress: text, PermanentMACAddress: text });

const message = z.object({ Message: text, MessageId: text, MessageArgs: z.array(z.unknown()).nullish() });
/** Some send a single message without the list around it. */
const messages = z
  .union([z.array(message), message.transform((one) => [one])])
  .nullish()
  .catch(undefined);

/** DSP0266 §8.6, error responses. */
export const ErrorAnswer = z.object({
  error: z.object({ code: text, message: text, '@Message.ExtendedInfo': messages }).nullish(),
  '@Message.ExtendedInfo': messages,
});

/** DSP0268 Task. */
export const Task = z.object({ '@odata.id': text, TaskState: text, TaskStatus: text });
export const TaskMessages = z.object({ Messages: messages });
