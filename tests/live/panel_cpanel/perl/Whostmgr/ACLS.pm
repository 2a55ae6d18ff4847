package Whostmgr::ACLS;

# Stand-in: what the signed-in user of WHM may, from /var/cpanel/resellers ("user:acl1,acl2").

use strict;
use warnings;

our %ACL;

sub init_acls {
    my $user = $ENV{'REMOTE_USER'};

    %ACL = ();
    return if !defined $user || $user eq '';
    return $ACL{'all'} = 1 if $user eq 'root';
    open( my $file, '<', '/var/cpanel/resellers' ) or return;
    while ( my $line = <$file> ) {
        chomp $line;
        my ( $name, $acls ) = split /:/, $line, 2;
        next if $name ne $user;
        $ACL{$_} = 1 for split /,/, $acls;
    }
    return;
}

sub hasroot { return $ACL{'all'} ? 1 : 0 }

sub checkacl {
    my ($acl) = @_;

    return $ACL{'all'} || $ACL{$acl} ? 1 : 0;
}

1;
