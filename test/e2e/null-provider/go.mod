module netloom.test/null-provider

go 1.21

require (
	github.com/hashicorp/terraform v0.12.31
	github.com/hashicorp/terraform-provider-null v1.0.0
	github.com/terraform-providers/terraform-provider-null v1.0.0
)
