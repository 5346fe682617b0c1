-- Opens a submission, unless the org has asked for the same before.
insert into submissions (org_id, source, input_payload, blueprint, status, metadata, request_key)
values (
    :org_id, :source, cast(:input_payload as jsonb), cast(:blueprint as jsonb), 'received', cast(:metadata as jsonb),
    :request_key
)
on conflict (org_id, request_key) where request_key is not null and status <> 'canceled' do nothing
