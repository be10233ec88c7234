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
  Boot: z
    .object({
      BootSourceOverrideEnabled: text,
      BootSourceOverrideMode: text,
      BootSourceOverrideTarget: text,
      'BootSourceOverrideTarget@Redfish.AllowableValues': z.array(z.string()).nullish(),
      'BootSourceOverrideMode@Redfish.AllowableValues': z.array(z.string()).nullish(),
    })
    .nullish(),
  Actions: z
    .object({
      '#ComputerSystem.Reset': z
        .object({
          target: z.string(),
          'ResetType@Redfish.AllowableValues': z.array(z.string()).nullish(),
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

/** DSP0266 §8.6, error responses. */
export const ErrorAnswer = z.object({
  error: z.object({
    message: text,
    '@Message.ExtendedInfo': z.array(z.object({ Message: text, MessageId: text })).nullish(),
  }),
});
