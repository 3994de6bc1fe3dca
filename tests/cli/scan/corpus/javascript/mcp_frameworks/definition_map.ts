import { z } from "zod";

export const toolDefinitions = {
  list_buckets: { //: "list_buckets" definition-map cloud-read
    description: "All buckets",
    parameters: z.object({}),
    handler: async () => s3.send(new ListBucketsCommand({})),
  },
  delete_object: { //: "delete_object" definition-map cloud-write
    description: "Deletes an object",
    parameters: z.object({ bucket: z.string(), key: z.string() }),
    handler: async ({ bucket, key }) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
  },
};
import { DeleteObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
const s3 = new S3Client({});
