import { Page } from "../../components/Page";

export function KeysPage() {
  return (
    <Page title="Keys" tab="Keys">
      …
    </Page>
  );
}
