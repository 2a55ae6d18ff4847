package Cpanel::Config::ConfigObj::Driver::AntiSpamGuide;

# A privilege of its own, so that the host decides which resellers may use the product (off at first).

use strict;
use warnings;

use Cpanel::Config::ConfigObj::Driver::AntiSpamGuide::META ();
*VERSION = \$Cpanel::Config::ConfigObj::Driver::AntiSpamGuide::META::VERSION;

our @ISA = qw(Cpanel::Config::ConfigObj::Interface::Config::v1);

sub init {
    my ( $class, $software ) = @_;

    return $class->SUPER::base( { thirdparty_ns => 'AntiSpamGuide', meta => {} }, $software );
}

sub enable  { return 1 }
sub disable { return 1 }

sub info {
    my ($self) = @_;

    return $self->meta()->abstract();
}

sub acl_desc {
    return [
        {
            acl              => 'software-AntiSpamGuide',
            default_value    => 0,
            default_ui_value => 0,
            name             => 'Anti-Spam Guide',
            acl_subcat       => 'Third Party Services',
        },
    ];
}

1;
