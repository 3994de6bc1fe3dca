import { Page } from "../../components/Page";

export function RegisterPage() {
  return (
    <Page title="Register" tab="Register">
      …
    </Page>
  );
}
