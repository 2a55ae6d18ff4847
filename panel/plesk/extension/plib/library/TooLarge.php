<?php
/* The browser sends more than is relayed. */
class Modules_AntispamGuide_TooLarge extends Exception
{
}
