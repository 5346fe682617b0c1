-- Lets the server notice within two minutes that the machine at the other end is gone, and drop its locks.
select
    set_config('tcp_keepalives_idle', '60', false),
    set_config('tcp_keepalives_interval', '15', false),
    set_config('tcp_keepalives_count', '4', false)
