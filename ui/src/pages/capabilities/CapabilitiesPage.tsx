import { Page } from "../../components/Page";

export function CapabilitiesPage() {
  return (
    <Page title="Capabilities" tab="Capabilities">
      …
    </Page>
  );
}
